"""ARM templates: their expressions, their functions, and the resources that come out."""
