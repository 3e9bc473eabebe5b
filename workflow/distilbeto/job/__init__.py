"""What every script needs and no result depends on. The code digest passes over this folder."""
