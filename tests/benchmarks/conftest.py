import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

# Made up: no row is a report.
CASES = """\
case_id,seizure_date,mode,declared_goods,declared_hs_guess,origin_country,loading_place,transit_countries,destination_country,seizure_country,found_kind,taxa,source_url,source_url_2,declaration_basis
A1,2020-01-05,sea,cashew nuts,0801.31,NG,Apapa,SG,VN,VN,product,elephant; pangolin,u1,,declared
A2,2020-02-01,sea,Timber Logs (teak),4403.49,NG,,,VN,VN,product,elephant,u2,,declared
A3,2017-06,air_cargo,"1,000 kg of dried shells",0508.00,GH,Accra,TR,MY,MY,product,pangolin,u3,,labelled
A4,2019-03,post,2 pcs action figure (gift),9503.00,US,,,HK,HK,live,box turtle,u4,,declared
A5,2019-09,post,toys from Mexico,9503.00,,,,CN,CN,live,corn snake,u5,,declared
A6,2021-03,express,plush dolls,9503.00,TH,,,DE,DE,live,gecko,u6,,declared
A7,2021-04,express,hairclips; combs,9615.11,PH,Pasay City,,,PH,live,tarantula,u7,u6b,declared
A8,2015-11,rail,coal,2701.12,RU,,,CN,RU,product,bear,u8,,concealed_in
A9,2018-10,sea,red bricks,6904.10,UG,Kampala,KE;AE,TH,KE,product,elephant,u9,,declared
A10,,,dried food,2106.90,HK,,,US,US,product,sea cucumber,u1,,declared
"""


@pytest.fixture(scope="session")
def case_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("cases") / "cases.csv"
    path.write_text(CASES, encoding="utf-8")
    return path
