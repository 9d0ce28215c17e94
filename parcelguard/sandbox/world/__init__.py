"""What is true of no one marketplace: shops, buyers, orders, pictures, chats, and the clock they live by."""
