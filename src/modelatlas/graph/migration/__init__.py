"""From one store into another, a file or a server: everything as it is kept, then compared."""
