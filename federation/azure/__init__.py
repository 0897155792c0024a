"""Azure from the outside: clouds, who we are there, requests and what refusals mean. Knows nothing of DNS."""
