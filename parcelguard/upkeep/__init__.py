"""What keeps a station healthy beside the packing: copies, repairs, room on the disk."""
