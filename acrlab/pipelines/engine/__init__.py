"""docker without docker: builds by acrlab's own engine, for machines that have no other tool."""
