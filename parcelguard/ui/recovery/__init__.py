"""What stands between a mistake or damaged records and the packer."""
