"""The oracle: were the promises kept? Pure: what clients wrote down and what the server says go in.

A promise is one function; `promises` is the whole list.

    evidence   everything known after a run, sale by sale
    occupancy  how many units were taken at a moment
    promises   the list, and the judging of it
    selling    promises about units and holds
    money      promises about payments
    telling    promises about events, and about who may come in
    fairness   who was served first: reported, not judged
"""
