"""Forms of tasks that others have defined, read from the user's folders; their files are trusted as task files are."""
