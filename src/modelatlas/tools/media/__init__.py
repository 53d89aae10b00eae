"""Files of pictures, sound, film and meshes: brought in safely, measured, written."""
