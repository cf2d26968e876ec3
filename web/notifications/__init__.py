"""Changes of rows become e-mails: declared in a model's app, told in the change's transaction."""
