"""Words for stakeholders: status updates, the promise of the next one, and the reminder when it is due."""
