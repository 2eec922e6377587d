"""Columns found by their names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from sora_keras.errors import DataError

# Names that say "answer" outright go before names that may as well be a feature.
ANSWER_NAMES = (
    (
        "label", "labels", "target", "targets", "y", "class", "answer",
        "标签", "标注", "答案", "標籤", "ラベル",
    ),
    (
        "classes", "category", "categories", "sentiment", "topic", "subject", "tag", "tags", "output",
        "类别", "分类", "类", "情感", "情绪", "主题", "類別", "分類", "カテゴリ",
    ),
)  # fmt: skip
TEXT_NAMES = (
    "text", "texts", "review", "reviews", "sentence", "content", "comment", "message", "body", "document",
    "question", "description", "tweet", "article", "title", "headline", "query", "utterance", "input",
    "文本", "内容", "评论", "句子", "问题", "正文", "标题", "描述", "文字",
    "內容", "評論", "問題", "本文", "テキスト", "レビュー",
)  # fmt: skip
PICTURE_NAMES = (
    "image", "images", "picture", "photo", "file", "filename", "file_name", "filepath", "path", "image_path", "img",
    "图片", "图像", "照片", "文件", "路径", "圖片", "画像", "ファイル",
)  # fmt: skip
# What a log of who did what calls its columns, in order of preference and as `find_named_column` compares names.
USER_NAMES = (
    "userid", "user", "users", "uid", "username", "customerid", "customer", "memberid", "member", "visitorid",
    "visitor", "accountid", "account", "reviewerid", "reviewer", "buyerid", "buyer", "viewerid", "viewer",
    "readerid", "reader", "listenerid", "listener", "playerid", "player", "clientid", "client", "personid",
    "person", "sessionid", "session",
    "用户", "用户id", "用户编号", "用户名", "会员", "会员id", "客户", "客户id", "顾客", "买家", "读者", "使用者",
    "用戶", "會員", "客戶", "顧客", "ユーザー", "ユーザーid", "ユーザ", "会員", "顧客id",
)  # fmt: skip
ITEM_NAMES = (
    "itemid", "item", "items", "iid", "itemname", "productid", "product", "movieid", "movie", "filmid", "film",
    "songid", "song", "trackid", "track", "bookid", "book", "isbn", "articleid", "article", "asin", "sku",
    "goodsid", "goods", "videoid", "video", "newsid", "news", "artistid", "artist", "gameid", "game", "appid",
    "app", "businessid", "business", "courseid", "course", "recipeid", "recipe", "contentid", "postid", "title",
    "物品", "物品id", "物品编号", "商品", "商品id", "商品编号", "产品", "产品id", "项目", "电影", "电影id", "影片",
    "书", "书籍", "图书", "歌曲", "音乐", "文章", "视频", "新闻", "游戏", "课程", "店铺",
    "產品", "項目", "電影", "書", "書籍", "アイテム", "アイテムid", "映画", "曲", "本",
)  # fmt: skip
RATING_NAMES = (
    "rating", "ratings", "stars", "star", "score", "scores", "overall", "bookrating", "movierating", "preference",
    "weight", "weights", "count", "counts", "playcount", "plays", "clicks", "views",
    "评分", "打分", "分数", "得分", "星级", "评级", "权重", "次数", "評分", "分數", "權重", "評価", "重み",
)  # fmt: skip
TIME_NAMES = (
    "timestamp", "timestamps", "datetime", "unixtime", "unixreviewtime", "createdat", "eventtime", "ts", "time",
    "date", "when", "day",
    "时间戳", "时间", "日期", "时刻", "時間戳", "時間", "日時", "タイムスタンプ",
)  # fmt: skip
# RecBole writes a column's type behind its name: "user_id:token".
TYPED = re.compile(r":(token|float)(_seq)?$")


def is_text_name(name: str) -> bool:
    """Whether a column of that name most likely holds texts."""
    return name.strip().lower() in TEXT_NAMES


def find_answer_column(names: Iterable[str], exclude: Collection[str | None] = ()) -> str:
    """The column that by its name holds the answers, unless it is one of `exclude`.

    Raises:
        DataError: none or several do; lists the columns.
    """
    names = tuple(names)
    found: tuple[str, ...] = ()
    for known in ANSWER_NAMES:
        found = found or _named(tuple(name for name in names if name not in exclude), known)
    if len(found) == 1:
        return found[0]
    why = f"Several could hold it: {_listed(found)}." if found else "No name says which column holds it."
    raise DataError(f"Which column is the answer? {why} Say it with y='name of the column'. Columns: {_listed(names)}.")


def find_text_column(examples: Any, exclude: Collection[str | None] = ()) -> str:
    """The column with the texts: the only one of strings, or the one whose name says so.

    Args:
        examples: `Examples` or `StreamedExamples`. exclude: columns that are something else, as the answer.

    Raises:
        DataError: none or several could be it; lists the columns.
    """
    names = tuple(name for name in examples.names if name not in exclude)
    named = _named(names, TEXT_NAMES)
    # A list of names is in order of preference: "text" beside "title" is the text.
    if named:
        return named[0]
    strings = tuple(name for name in names if _holds_strings(examples, name))
    if len(strings) == 1:
        return strings[0]
    why = f"Several hold text: {_listed(strings)}." if strings else "No column holds text."
    raise DataError(
        f"Which column of {examples.source} holds the text? {why} Keep only that one beside the answer, "
        f"or name it 'text'. Columns: {_listed(examples.names)}."
    )


def find_picture_column(
    examples: Any, exclude: Collection[str | None] = (), suffixes: tuple[str, ...] = ()
) -> str:  # fmt: skip
    """The column with the pictures: the one that holds some, or whose name says so, or the only one of paths.

    Args:
        examples: `Examples` or `StreamedExamples`. exclude: columns that are something else, as the answer.
        suffixes: what the paths of pictures end with.

    Raises:
        DataError: none or several could be it; lists the columns.
    """
    names = tuple(name for name in examples.names if name not in exclude)
    held = tuple(name for name in names if type(_first(examples, name)).__name__ == "Picture")
    named = held or _named(names, PICTURE_NAMES)
    if named:
        return named[0]
    paths = tuple(name for name in names if str(_first(examples, name)).lower().endswith(suffixes or ("\0",)))
    if len(paths) == 1:
        return paths[0]
    why = f"Several hold paths: {_listed(paths)}." if paths else "No column holds paths of pictures."
    raise DataError(
        f"Which column of {examples.source} holds the pictures? {why} Keep only that one beside the answer, "
        f"or name it 'image'. Columns: {_listed(examples.names)}."
    )


def find_named_column(
    names: Iterable[str], known: Iterable[str], exclude: Collection[str | None] = ()
) -> str | None:  # fmt: skip
    """The column of the first known name, whatever its case, `_`, `-`, blanks and RecBole type; None without one.

    Args:
        known: as `USER_NAMES`, in order of preference. exclude: columns that are something else.
    """
    by_name = {_bare(name): name for name in reversed(tuple(names)) if name not in exclude}
    return next((by_name[name] for name in known if name in by_name), None)


def _bare(name: str) -> str:
    return re.sub(r"[_\-\s]", "", TYPED.sub("", name.strip().lower()))


def _first(examples: Any, name: str) -> Any:
    """The first value that is there."""
    for part in examples.batches(256):
        for value in part.column(name):
            if value is not None:
                return value
    return None


def _named(names: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    by_name = {name.strip().lower(): name for name in reversed(names)}
    return tuple(by_name[name] for name in known if name in by_name)


def _holds_strings(examples: Any, name: str) -> bool:
    return isinstance(_first(examples, name), str)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
