"""Charts and the style of the pages that reports are written as."""
