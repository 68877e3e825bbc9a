"""The public page on which patients book themselves: the only thing of ours that patients' browsers see.

It has a listener of its own and none of the staff's code. Whoever has the link of a text is its caller; there
is no account, no cookie and no script. A GET never books, holds or cancels: previews and prefetches open links.
"""
