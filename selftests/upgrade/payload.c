// SPDX-License-Identifier: GPL-2.0-only
/* What nobody may execute. */
int main(void)
{
	return 0;
}
