"""What is computed on top of the published version: the claims check, briefs, the site."""
