"""What people read: tables, figures, energy."""
