"""What happens in the life of a city, one program for each situation: what a window, an app or a partner sends, step by step."""
