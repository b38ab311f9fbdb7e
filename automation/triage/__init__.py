"""What a ticket probably is, learned from earlier ones: without a database."""
