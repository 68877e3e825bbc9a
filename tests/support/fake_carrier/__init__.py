"""One stateful carrier that drivers are tested against; how it talks is a dialect on top."""
