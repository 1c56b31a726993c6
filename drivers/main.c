#include <otto.h>
int main(void)
{
  return 0;
}
