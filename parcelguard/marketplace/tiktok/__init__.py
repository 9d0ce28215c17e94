"""TikTok Shop Open API; in Indonesia it is Tokopedia and Shop."""
