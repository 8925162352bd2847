"""One runner for all work at remote services: a row is claimed by one worker at a time, fenced, renewed, retried and given up with a reason."""
