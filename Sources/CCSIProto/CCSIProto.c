#include "CCSIProto.h"
