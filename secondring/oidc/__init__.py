"""The door to the clinic's identity provider (OpenID Connect): what we ask of it, and why we believe its answer."""
