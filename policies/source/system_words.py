"""What the operating system says when a file cannot be read or written, in words for an officer."""

import errno
from collections.abc import Mapping

from domain.message import Message

_SAID: Mapping[int, Message] = {
    errno.ENOENT: Message("没有这个文件", "there is no such file"),
    errno.ENOTDIR: Message("路径里有一级不是文件夹", "a part of the path is no folder"),
    errno.EISDIR: Message("这是文件夹，不是文件", "it is a folder, not a file"),
    errno.EACCES: Message("没有权限", "permission is denied"),
    errno.EPERM: Message("没有权限", "permission is denied"),
    errno.EROFS: Message("磁盘是只读的", "the disk can only be read"),
    errno.ENOSPC: Message("磁盘已满", "the disk is full"),
    errno.EDQUOT: Message("磁盘配额已用完", "the quota of the disk is used up"),
    errno.EEXIST: Message("已经有同名的文件", "a file of that name is there already"),
    errno.ENOTEMPTY: Message("文件夹不是空的", "the folder is not empty"),
    errno.ELOOP: Message("链接指来指去，没有尽头", "links lead round in a circle"),
    errno.ENAMETOOLONG: Message("名称太长", "the name is too long"),
    errno.EMFILE: Message("打开的文件太多", "too many files are open"),
    errno.ENFILE: Message("打开的文件太多", "too many files are open"),
    errno.EIO: Message("磁盘出错", "the disk failed"),
    errno.EBUSY: Message("正被其他程序使用", "another program uses it"),
    errno.ETXTBSY: Message("正被其他程序使用", "another program uses it"),
}


def in_words(error: OSError) -> Message:
    """Say why a file could not be read or written; of what is not known, the number."""
    found = _SAID.get(error.errno or 0)
    if found is not None:
        return found
    return Message(f"系统报错（代码{error.errno}）", error.strerror or f"error {error.errno}")
