"""The local stack: real servers, one folder each, started together on one machine for trying out and testing."""
