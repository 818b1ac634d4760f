"""Films, stills and folders of frames: what they are, their frames, and how to write them.

- `probe`: what a file is: size, rate, colour, projection, sound
- `reader`: its frames with exact times; an even rate; decoding ahead in a thread
- `presets`: what to encode to
- `writer`: ffmpeg in its own process, and the film checked before it gets its name
- `stills`, `folders`: pictures, and folders of them
"""
