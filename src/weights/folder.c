/* folder.c - Hugging Face folders. */
#include "weights/weights_impl.h"

bool folder_open(weights *w, err *e)
{
    return err_set(e, ERR_MODEL, "%s: is a folder; give a .gguf file", w->path);
}
