"""Cases beside the policies: read, run, compared, and what they leave unseen."""
