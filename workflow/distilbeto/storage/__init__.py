"""Files that results are made of: whole or absent, and with a record of what they were made from."""
