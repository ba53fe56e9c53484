"""What can be counted and checked: the doctor, and the reports."""
