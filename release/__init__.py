"""What a release of this project is made of: its bill of materials, the licences of what it needs, and its image."""
