// Code that runs as the file is loaded, and fails.
throw new Error('no database here')
