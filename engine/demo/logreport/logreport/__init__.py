"""Reports from web server access logs."""
