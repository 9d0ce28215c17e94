"""TikTok Shop Open API, written from its documents alone; in Indonesia it is Tokopedia and Shop."""
