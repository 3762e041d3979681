"""pygame without a screen or a sound card."""
import os

os.environ.update(SDL_VIDEODRIVER="dummy", SDL_AUDIODRIVER="dummy", PYGAME_HIDE_SUPPORT_PROMPT="1")

import pygame  # noqa: E402
import pygame.pixelcopy  # noqa: E402
import pygame.surfarray  # noqa: E402

pygame.mixer.init(8000, 8, 1)
