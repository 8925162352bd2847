"""The API for programs at /api/: who calls, errors as JSON, and the routes of applications, which register them."""
