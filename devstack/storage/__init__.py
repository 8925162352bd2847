"""The local stack's storage: three folders over WebDAV and https, opened by tokens of the IAM."""
