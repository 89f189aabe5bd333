"""HTTP as values: routes, dialects and the planes arm, oci, acr, entra."""
