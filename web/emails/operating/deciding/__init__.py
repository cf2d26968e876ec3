"""What people decide about e-mails: what is offered, what it will do, what was done."""
