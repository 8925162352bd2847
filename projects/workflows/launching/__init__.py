"""The launch form: what is known of parameters, their values as fields and as YAML, settings of steps, saved values, badges."""
