"""What people do about an alert, beside what the sensors say of it; see docs/alert-life.md."""
