"""An OpenID Connect provider that behaves as INDIGO IAM does, for one machine and public passwords."""
