"""How many workers, Redis shards, bytes and bits a launch needs: `kaibo capacity`.

    costs        what one viewer, event and purchase cost, from costs.json
    need         from an audience and the costs to what is needed (pure)
    sentences    the same in words, with every assumption (pure)

`make bench` writes costs.json from what it measured.
"""
