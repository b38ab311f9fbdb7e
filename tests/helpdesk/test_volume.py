import time
import pytest
from helpdesk.volume.loader import load
from core import audit

@pytest.mark.django_db(transaction=True)
def test_x():
    import cProfile,pstats
    t=time.time(); p=cProfile.Profile()
    list(load(200))
    t=time.time()
    p.enable()
    n=sum(load(1200)); p.disable(); print(n,n/(time.time()-t))
    pstats.Stats(p).sort_stats("tottime").print_stats(25)
    t=time.time()
    n=sum(load(4400)); print(n,n/(time.time()-t))
    t=time.time();audit.seal(everything=True,checkpoint=True); print("seal", time.time()-t)
    t=time.time(); print(list(audit.verify())); print("verify", time.time()-t)
