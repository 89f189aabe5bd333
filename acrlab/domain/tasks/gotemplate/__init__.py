"""Go templates as far as task files use them: the language of text/template and the functions of sprig."""
