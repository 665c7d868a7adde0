#include "CHTTP2Client.h"
