from . import esm_fetch
