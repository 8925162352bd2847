"""One runner for all that workers do outside: a row is claimed by one worker at a time, fenced, renewed, tried again and given up with words."""
