"""Break a running helpdesk in every way we can and count what is missing: `make faults`."""
